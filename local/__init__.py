"""AWS on this machine: the emulator, SageMaker's stand-in, and the guided run."""
