"""Where records come from: the generator and the adapters of real sets."""
