"""What is timed: each module makes the cases of one question.  All of them need torch.

A module offers functions ``name(bench, **settings) -> list[Case | Replay]`` that a profile names
as ``"module:function"``; settings are plain values, so that a profile can cross into a process of
its own.  Nothing is allocated before a case's `prepare` runs.
"""
