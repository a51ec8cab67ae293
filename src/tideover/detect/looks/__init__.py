"""The looks themselves: one module for each thing that can be asked whether it lives."""
