"""The statements of the pair log, named and commented. `queries.py` reads them."""
