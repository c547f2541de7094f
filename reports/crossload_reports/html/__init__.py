"""The page: what it holds, how it is packed, and the templates that it is made from."""
