"""What holds back the removal of much at once, and what stops everything (D21).

`holds` keeps what waits for a person; `vanished`, `shrunk` and `deletes` are the three guards;
`stop` is the one switch. What a person decides is carried out by connecting/deciding.py.
"""
