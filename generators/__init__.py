"""Generators: pure functions from resolved services to artifacts. `GENERATORS` names them all."""

from __future__ import annotations

from generators.adapter import generate as adapter_values
from generators.alertmanager import generate as alertmanager
from generators.chaos import generate as schedules
from generators.dashboards import generate as dashboards
from generators.hpa import generate as pod_autoscaler
from generators.keda import generate as scaled_object
from generators.kustomizations import generate as root_kustomization
from generators.kustomizations import generate_folder as kustomization
from generators.load_test import generate as load_script
from generators.overview import generate as overview
from generators.provisioning import generate as provisioning
from generators.rule_tests.files import generate as rule_tests
from generators.rules.files import generate as rules
from generators.rules.groups import slo_groups
from generators.runbooks import generate as runbook
from slosmith.diff.sides import Views
from slosmith.pipeline import Generators

GENERATORS = Generators(
    service=(
        rules,
        rule_tests,
        dashboards,
        scaled_object,
        pod_autoscaler,
        load_script,
        schedules,
        runbook,
    ),
    folder=kustomization,
    fleet=(alertmanager, adapter_values, overview, provisioning, root_kustomization),
)
# What people look at when specs change.
VIEWS = Views(slo_groups, (dashboards, scaled_object))
