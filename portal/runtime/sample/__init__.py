"""The sample world: invented providers, cards, offers and people, marked as sample wherever they are stored.

`world.load()` makes it and can be repeated; the tables lie in `data/`, each row with its basis.
"""
