"""HTTP for tills and staff: parse, call one function, render. Decides nothing about trade or money."""
