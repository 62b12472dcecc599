"""SageMaker's stand-in: jobs are real processes, endpoints warm workers, requests checked as AWS does."""
