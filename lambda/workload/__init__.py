"""The twin back ends' work: one code base, a Lambda function and an HTTP service."""
