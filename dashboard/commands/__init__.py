"""One module per `python -m dashboard COMMAND`: `add_arguments(parser)` and `run(arguments)`."""
