"""The Pungi phase: adapter, paths_module, the compose as Pungi has it, messages and task logs."""
