"""cold.py NAME URL ID SECRET CA|-: from a fresh process to a header on stdout, by a Python adapter."""

import sys

from adapter import load

name, url, client_id, client_secret, ca = sys.argv[1:]
adapter = load(name)
client = adapter["make"](url, client_id, client_secret, None if ca == "-" else ca)
print(adapter["headers"](client)["Authorization"])
