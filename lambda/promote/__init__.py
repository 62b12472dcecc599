"""Makes an approved package the champion, by CloudFormation, and takes it back."""
