"""One module per command: read the arguments, call one function, print. Data on stdout, progress on stderr."""
