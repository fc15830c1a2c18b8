"""What Kubernetes objects tell the tools that sync them."""

from __future__ import annotations


def object_annotations(*, custom: bool, large: bool = False) -> dict[str, str]:
    """The annotations of an object. `custom`: its kind is one of a CustomResourceDefinition;
    `large`: it may not fit the annotation of 256 KiB that a client-side apply writes.

    Flux replaces `${…}` by its variables, and by nothing where there is none; dashboards and
    queries hold such text of their own.
    """
    options = []
    if large:
        options.append("ServerSideApply=true")
    if custom:
        # Argo CD tries all objects before it applies any: one whose definition comes with another
        # application would fail the sync of them all.
        options.append("SkipDryRunOnMissingResource=true")
    found = {"argocd.argoproj.io/sync-options": ",".join(options)} if options else {}
    return found | {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}
