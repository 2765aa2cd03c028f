"""
The phase inside real Pungi. Run them with a Python that has Pungi:

PYTHONPATH=<pungi>:. python3 -m pytest tests/with_pungi
"""
