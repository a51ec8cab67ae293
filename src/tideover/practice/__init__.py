"""A cloud to practise with and a proxy that spoils the way to it: programs of their own, reached over HTTP only.

Nothing else in Tideover imports this; a production box runs without it.
"""
