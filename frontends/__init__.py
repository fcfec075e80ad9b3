"""Front ends: networks of other tools, read into programs of the rnn and pattern dialects."""
