"""Says on which platform a request is served best, and serves it there: POST /predict and POST /route."""

import gc
import os

STARTING = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Set by Lambda alone. To a function that starts it lends a whole CPU, later a share by its memory."""

if STARTING in os.environ:
    gc.disable()  # what a start makes stays: looking for rubbish in it takes an eighth of the start
