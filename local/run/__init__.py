"""The guided run: deploy the LOCAL environment into the local AWS, train, promote and predict."""
