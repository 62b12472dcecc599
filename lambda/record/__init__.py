"""Records trainings and promotions in MLflow, from what they left behind."""
