"""Says on which platform a request is served best, and serves it there: POST /predict and POST /route."""
