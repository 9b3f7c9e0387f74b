"""What a worker can time: one module for each framework or engine, with prepare(...)."""
