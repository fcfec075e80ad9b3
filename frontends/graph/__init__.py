"""The tensor operators of networks, written as rnn and pattern IR; no front end's names in here."""
