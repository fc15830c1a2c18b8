"""What to compare with: a revision that is named, or the merge base with the default branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slosmith.escape import one_line
from slosmith.git.command import GitFault, Repository

# Where neither the remote nor the configuration names the default branch.
_USUAL = ("main", "master")
_SHALLOW = (
    "This clone is shallow: `git fetch --unshallow` gets its whole history (in GitHub Actions: "
    "actions/checkout with `fetch-depth: 0`)"
)

_EMPTY = "there is no commit yet to compare with"


@dataclass(frozen=True)
class Revision:
    """A commit. `name` is how people call it, `told` how it stands in a sentence, with names
    between backticks; `note` says what is odd about the choice, or is empty."""

    commit: str
    name: str
    told: str
    note: str = ""


def choose(repository: Repository, named: str | None) -> Revision:
    """The revision that is named, else the merge base with the default branch, else HEAD.

    GitFault where the name means no commit here, or where there is no commit at all.
    """
    if named is not None:
        return _named(repository, named)
    head = _commit(repository, "HEAD")
    if head is None:
        raise GitFault(_EMPTY)
    branch = _default_branch(repository)
    if branch is None:
        note = "No default branch (origin/HEAD, main, master) is known here"
        hint = _if_shallow(repository)
        return Revision(head, "HEAD", "HEAD", f"{note}: compared with HEAD. {hint}".rstrip())
    name, tip = branch
    base = repository.ask("merge-base", tip, head)
    if base:
        return Revision(base, f"merge base with {name}", f"the merge base with `{name}`")
    if is_shallow(repository):
        note = (
            f"The merge base with `{name}` is not here: compared with the tip of `{name}`, so that "
            f"changes made there in the meantime show as if they were undone here. {_SHALLOW}."
        )
        return Revision(tip, name, f"the tip of `{name}`", note)
    note = f"HEAD and `{name}` have no common history: compared with HEAD."
    return Revision(head, "HEAD", "HEAD", note)


def is_shallow(repository: Repository) -> bool:
    return repository.ask("rev-parse", "--is-shallow-repository") == "true"


def _named(repository: Repository, name: str) -> Revision:
    shown = one_line(name)
    if ".." in name:
        raise GitFault(
            f"{shown} names two commits; name the one to compare with: the other side is the "
            "working tree as it is"
        )
    # Nothing that git takes for an option, or for an object by its path, is a name of a commit.
    commit = None if name.startswith("-") or not name.strip() else _commit(repository, name)
    if commit is None:
        if _commit(repository, "HEAD") is None:
            raise GitFault(_EMPTY)
        hint = _if_shallow(repository) or "`git log --oneline` lists what is here."
        raise GitFault(f"there is no commit {shown or '(an empty name)'} here. {hint}")
    return Revision(commit, name, f"`{shown}`")


def _if_shallow(repository: Repository) -> str:
    return f"{_SHALLOW}." if is_shallow(repository) else ""


def _commit(repository: Repository, name: str) -> str | None:
    if "\0" in name:
        return None
    # In two steps: `:/some words` takes all that follows as words.
    found = repository.ask("rev-parse", "--verify", "--quiet", name)
    return (
        repository.ask("rev-parse", "--verify", "--quiet", f"{found}^{{commit}}") if found else None
    )


def _default_branch(repository: Repository) -> tuple[str, str] | None:
    """The default branch, by name and commit."""
    for ref in _candidates(repository):
        commit = _commit(repository, ref)
        if commit:
            short = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
            return short, commit
    return None


def _candidates(repository: Repository) -> Iterator[str]:
    remote = "refs/remotes/origin"
    if head := repository.ask("symbolic-ref", "--quiet", f"{remote}/HEAD"):
        yield head
    configured = repository.ask("config", "--get", "init.defaultBranch")
    names = [configured, *_USUAL] if configured else [*_USUAL]
    yield from (f"{remote}/{name}" for name in names)
    yield from (f"refs/heads/{name}" for name in names)
