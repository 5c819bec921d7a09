"""The provider's site agent: a program of its own at the provider's site, without Django and without a database server.

It calls the portal over outbound HTTPS only, signs every request, and sets up, watches and removes what order
lines run as. Everything it must remember lies in its state folder, so that kill -9 at any moment loses nothing.
"""

VERSION = "0.1.0"
