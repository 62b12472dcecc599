"""SageMaker's stand-in: jobs are real processes, endpoints are warm workers, requests are checked as AWS does."""
