"""The documentation site: the pages of docs/, references that are made from the program, a search that needs no server."""
