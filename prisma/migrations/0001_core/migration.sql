CREATE TABLE "Install" (
  "id" TEXT PRIMARY KEY,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE "Tenant" (
  "id" TEXT PRIMARY KEY,
  "slug" TEXT NOT NULL,
  "maxSandboxes" INTEGER,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "suspendedAt" TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX "Tenant_slug_key" ON "Tenant" ("slug");

CREATE TABLE "ApiKey" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" TEXT PRIMARY KEY,
  "name" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "scopes" TEXT[],
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" TIMESTAMPTZ(6),
  "revokedAt" TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey" ("hash");
CREATE INDEX "ApiKey_tenantId_idx" ON "ApiKey" ("tenantId");

CREATE TABLE "User" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" TEXT PRIMARY KEY,
  "externalId" TEXT NOT NULL,
  "displayName" TEXT NOT NULL,
  "locale" TEXT NOT NULL DEFAULT 'fr',
  "role" TEXT NOT NULL DEFAULT 'learner',
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "User_tenantId_externalId_key" ON "User" ("tenantId", "externalId");
CREATE UNIQUE INDEX "User_tenantId_id_key" ON "User" ("tenantId", "id");

CREATE TABLE "Lab" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" TEXT PRIMARY KEY,
  "slug" TEXT NOT NULL,
  "currentVersionId" TEXT,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "Lab_tenantId_slug_key" ON "Lab" ("tenantId", "slug");
CREATE UNIQUE INDEX "Lab_tenantId_id_key" ON "Lab" ("tenantId", "id");

CREATE TABLE "LabVersion" (
  "tenantId" TEXT NOT NULL,
  "id" TEXT PRIMARY KEY,
  "labId" TEXT NOT NULL,
  "digest" TEXT NOT NULL,
  "version" TEXT NOT NULL,
  "spec" JSONB NOT NULL,
  "files" JSONB NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'published',
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY ("tenantId", "labId") REFERENCES "Lab" ("tenantId", "id")
);
CREATE UNIQUE INDEX "LabVersion_tenantId_labId_digest_key" ON "LabVersion" ("tenantId", "labId", "digest");
CREATE UNIQUE INDEX "LabVersion_tenantId_id_key" ON "LabVersion" ("tenantId", "id");

CREATE TABLE "Sandbox" (
  "tenantId" TEXT NOT NULL,
  "id" TEXT PRIMARY KEY,
  "userId" TEXT NOT NULL,
  "labId" TEXT NOT NULL,
  "labSlug" TEXT NOT NULL,
  "labVersionId" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "intent" TEXT NOT NULL DEFAULT 'run',
  "version" INTEGER NOT NULL DEFAULT 0,
  "attempt" INTEGER NOT NULL DEFAULT 0,
  "slot" INTEGER,
  "cost" JSONB NOT NULL,
  "seed" TEXT NOT NULL,
  "requires" TEXT[],
  "tier" TEXT NOT NULL DEFAULT 'T1',
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "readyAt" TIMESTAMPTZ(6),
  "openedAt" TIMESTAMPTZ(6),
  "expiresAt" TIMESTAMPTZ(6),
  "lastActivityAt" TIMESTAMPTZ(6),
  "endedAt" TIMESTAMPTZ(6),
  "extensions" INTEGER NOT NULL DEFAULT 0,
  "replacesId" TEXT,
  "failureCode" TEXT,
  "failureDetail" TEXT,
  FOREIGN KEY ("tenantId", "userId") REFERENCES "User" ("tenantId", "id"),
  FOREIGN KEY ("tenantId", "labId") REFERENCES "Lab" ("tenantId", "id"),
  FOREIGN KEY ("tenantId", "labVersionId") REFERENCES "LabVersion" ("tenantId", "id"),
  CHECK ("state" IN ('queued', 'provisioning', 'ready', 'paused', 'releasing', 'released', 'failed'))
);
CREATE UNIQUE INDEX "Sandbox_tenantId_id_key" ON "Sandbox" ("tenantId", "id");
CREATE INDEX "Sandbox_state_idx" ON "Sandbox" ("state");
CREATE INDEX "Sandbox_tenantId_userId_idx" ON "Sandbox" ("tenantId", "userId");
-- A learner has one living sandbox of a lab: a double click cannot make two.
CREATE UNIQUE INDEX "Sandbox_living_key" ON "Sandbox" ("tenantId", "userId", "labId")
  WHERE "state" IN ('queued', 'provisioning', 'ready', 'paused');
-- Two living sandboxes never share an id range.
CREATE UNIQUE INDEX "Sandbox_slot_key" ON "Sandbox" ("slot") WHERE "slot" IS NOT NULL;

CREATE TABLE "SandboxStep" (
  "tenantId" TEXT NOT NULL,
  "sandboxId" TEXT NOT NULL,
  "attempt" INTEGER NOT NULL,
  "ordinal" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "startedAt" TIMESTAMPTZ(6) NOT NULL,
  "endedAt" TIMESTAMPTZ(6),
  "error" TEXT,
  PRIMARY KEY ("sandboxId", "attempt", "ordinal"),
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);

CREATE TABLE "TerminalSession" (
  "tenantId" TEXT NOT NULL,
  "id" TEXT PRIMARY KEY,
  "sandboxId" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "epoch" TEXT,
  "state" TEXT NOT NULL,
  "cols" INTEGER NOT NULL,
  "rows" INTEGER NOT NULL,
  "exitCode" INTEGER,
  "exitSignal" TEXT,
  "exitReason" TEXT,
  "bytesOut" BIGINT NOT NULL DEFAULT 0,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "endedAt" TIMESTAMPTZ(6),
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);
CREATE UNIQUE INDEX "TerminalSession_tenantId_id_key" ON "TerminalSession" ("tenantId", "id");
CREATE INDEX "TerminalSession_sandboxId_idx" ON "TerminalSession" ("sandboxId");

CREATE TABLE "Ticket" (
  "tenantId" TEXT NOT NULL,
  "hash" TEXT PRIMARY KEY,
  "terminalId" TEXT NOT NULL,
  "userId" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "takeover" BOOLEAN NOT NULL DEFAULT false,
  "origin" TEXT,
  "expiresAt" TIMESTAMPTZ(6) NOT NULL,
  "consumedAt" TIMESTAMPTZ(6),
  FOREIGN KEY ("tenantId", "terminalId") REFERENCES "TerminalSession" ("tenantId", "id")
);
CREATE INDEX "Ticket_expiresAt_idx" ON "Ticket" ("expiresAt");

CREATE TABLE "ObjectiveState" (
  "tenantId" TEXT NOT NULL,
  "sandboxId" TEXT NOT NULL,
  "objectiveId" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "since" TIMESTAMPTZ(6) NOT NULL,
  "credited" BOOLEAN NOT NULL DEFAULT false,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "hintLevel" INTEGER NOT NULL DEFAULT 0,
  "hintCost" DOUBLE PRECISION NOT NULL DEFAULT 0,
  "explanation" JSONB,
  "evidenceId" TEXT,
  PRIMARY KEY ("sandboxId", "objectiveId"),
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);

CREATE TABLE "Evidence" (
  "tenantId" TEXT NOT NULL,
  "id" TEXT PRIMARY KEY,
  "sandboxId" TEXT NOT NULL,
  "objectiveId" TEXT NOT NULL,
  "body" JSONB NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);
CREATE INDEX "Evidence_sandboxId_objectiveId_idx" ON "Evidence" ("sandboxId", "objectiveId");

CREATE TABLE "Past" (
  "tenantId" TEXT NOT NULL,
  "sandboxId" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "observations" JSONB NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("sandboxId", "key"),
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);

CREATE TABLE "Event" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" BIGSERIAL PRIMARY KEY,
  "xid" XID8 NOT NULL DEFAULT pg_current_xact_id(),
  "type" TEXT NOT NULL,
  "sandboxId" TEXT,
  "userId" TEXT,
  "payload" JSONB NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "Event_xid_id_idx" ON "Event" ("xid", "id");
CREATE INDEX "Event_sandboxId_id_idx" ON "Event" ("sandboxId", "id");
CREATE INDEX "Event_at_idx" ON "Event" ("at");

CREATE TABLE "IdempotencyKey" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "key" TEXT NOT NULL,
  "requestHash" TEXT NOT NULL,
  "status" INTEGER,
  "response" JSONB,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" TIMESTAMPTZ(6) NOT NULL,
  PRIMARY KEY ("tenantId", "key")
);
CREATE INDEX "IdempotencyKey_expiresAt_idx" ON "IdempotencyKey" ("expiresAt");
