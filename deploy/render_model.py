"""Our own strict model of the part of Render's blueprint rules that render.yaml uses.

Render checks a blueprint only when it is pushed; this catches mistakes before. It follows Render's published
blueprint specification, and refuses what it does not know: a new key wants a line here first.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deploy.files import profile_of, unknown_settings, unserved_queues

Region = Literal["oregon", "ohio", "frankfurt", "singapore", "virginia"]
ServerPlan = Literal["starter", "standard", "pro", "pro plus", "pro max", "pro ultra"]
DatabasePlan = Literal["basic-256mb", "basic-1gb", "basic-4gb", "pro-4gb", "pro-8gb", "pro-16gb", "pro-32gb"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class IpRange(Strict):
    source: str
    description: str = ""


class DatabaseProperty(Strict):
    name: str
    property: Literal[
        "connectionString", "connectionPoolString", "host", "port", "user", "password", "database"
    ]


class ServiceProperty(Strict):
    type: Literal["web", "worker", "pserv", "keyvalue"]
    name: str
    property: Literal["host", "port", "hostport", "connectionString"]


class GroupVariable(Strict):
    """A variable with a value, a value that Render makes, or one that it asks for (`sync: false`)."""

    key: str
    value: str | None = None
    generateValue: bool = False
    sync: bool = True

    @model_validator(mode="after")
    def _one_source(self) -> GroupVariable:
        if [self.value is not None, self.generateValue, not self.sync].count(True) != 1:
            raise ValueError(f"{self.key} needs one of value, generateValue: true and sync: false")
        return self


class FromGroup(Strict):
    fromGroup: str


class FromDatabase(Strict):
    key: str
    fromDatabase: DatabaseProperty


class FromService(Strict):
    key: str
    fromService: ServiceProperty


Variable = FromGroup | FromDatabase | FromService | GroupVariable


class Scaling(Strict):
    minInstances: int = Field(ge=1)
    maxInstances: int = Field(ge=1)
    targetCPUPercent: int | None = Field(None, ge=1, le=90)
    targetMemoryPercent: int | None = Field(None, ge=1, le=90)

    @model_validator(mode="after")
    def _sound(self) -> Scaling:
        if self.minInstances > self.maxInstances:
            raise ValueError("minInstances is above maxInstances")
        if self.targetCPUPercent is None and self.targetMemoryPercent is None:
            raise ValueError("autoscaling needs targetCPUPercent or targetMemoryPercent")
        return self


class Server(Strict):
    """A web service, a private one or a background worker, from our Dockerfile."""

    type: Literal["web", "worker", "pserv"]
    name: str
    runtime: Literal["docker"]
    plan: ServerPlan
    region: Region = "oregon"
    dockerCommand: str
    dockerfilePath: str = "./Dockerfile"
    preDeployCommand: str | None = None
    healthCheckPath: str | None = Field(None, pattern="^/")
    numInstances: int | None = Field(None, ge=1)
    scaling: Scaling | None = None
    maxShutdownDelaySeconds: int = Field(30, ge=1, le=300)
    envVars: list[Variable]

    @model_validator(mode="after")
    def _sound(self) -> Server:
        if self.healthCheckPath is not None and self.type != "web":
            raise ValueError("healthCheckPath is for web services only")
        if self.scaling is not None and self.numInstances is not None:
            raise ValueError("numInstances and scaling exclude each other")
        if "$" in self.dockerCommand or "&&" in self.dockerCommand:
            raise ValueError("dockerCommand is not run by a shell")
        return self


class KeyValue(Strict):
    type: Literal["keyvalue"]
    name: str
    plan: Literal["free", "starter", "standard", "pro", "pro plus"]
    region: Region = "oregon"
    ipAllowList: list[IpRange]
    maxmemoryPolicy: Literal["noeviction"]  # Render knows others; for a broker they would lose jobs


class Database(Strict):
    name: str
    plan: DatabasePlan
    region: Region = "oregon"
    databaseName: str
    user: str
    postgresMajorVersion: Literal["16", "17", "18"]
    ipAllowList: list[IpRange]


class VariableGroup(Strict):
    name: str
    envVars: list[GroupVariable]


class Blueprint(Strict):
    services: list[Annotated[Server | KeyValue, Field(discriminator="type")]]
    databases: list[Database]
    envVarGroups: list[VariableGroup] = []

    @property
    def servers(self) -> list[Server]:
        return [service for service in self.services if isinstance(service, Server)]

    @model_validator(mode="after")
    def _names(self) -> Blueprint:
        """Names are unique, and what is referred to is there, in the same region."""
        databases = {database.name: database.region for database in self.databases}
        services = {service.name: (service.type, service.region) for service in self.services}
        groups = {group.name for group in self.envVarGroups}
        if len(services) + len(databases) != len(self.services) + len(self.databases):
            raise ValueError("two services or databases have the same name")
        for server in self.servers:
            for variable in server.envVars:
                match variable:
                    case FromGroup(fromGroup=name) if name not in groups:
                        raise ValueError(f"{server.name}: there is no group {name}")
                    case FromDatabase(fromDatabase=target) if databases.get(target.name) != server.region:
                        raise ValueError(f"{server.name}: no database {target.name} in {server.region}")
                    case FromService(fromService=to) if services.get(to.name) != (to.type, server.region):
                        raise ValueError(f"{server.name}: no {to.type} {to.name} in {server.region}")
        return self


def problems(document: dict[str, Any]) -> list[str]:
    """One sentence for each rule that is broken; empty when all is well."""
    try:
        blueprint = Blueprint.model_validate(document)
    except ValidationError as error:
        return [f"{'/'.join(map(str, e['loc'])) or 'top level'}: {e['msg']}" for e in error.errors()]
    found = []
    names = {v.key for group in blueprint.envVarGroups for v in group.envVars}
    for server in blueprint.servers:
        names |= {variable.key for variable in server.envVars if not isinstance(variable, FromGroup)}
    found += [f"{name} is not a setting of Lectern" for name in sorted(unknown_settings(names))]
    profiles = {profile for server in blueprint.servers if (profile := profile_of(server.dockerCommand))}
    missing = unserved_queues(profiles)
    if missing:
        found.append(f"no worker consumes {', '.join(sorted(missing))}")
    return found
