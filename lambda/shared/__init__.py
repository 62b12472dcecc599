"""What the functions share: environment, clients, telemetry, bodies and problems."""
