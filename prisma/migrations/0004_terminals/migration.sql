-- Who comes with a ticket: the learner, or somebody who watches and may take over.
ALTER TABLE "Ticket" ADD COLUMN "userName" TEXT NOT NULL DEFAULT '';
ALTER TABLE "Ticket" ADD COLUMN "kind" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "Ticket" ADD COLUMN "subject" TEXT NOT NULL DEFAULT '';

-- A tenant may forbid recordings, whatever its labs say.
ALTER TABLE "Tenant" ADD COLUMN "recording" BOOLEAN NOT NULL DEFAULT true;

CREATE TABLE "AuditEvent" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" BIGSERIAL PRIMARY KEY,
  "actor" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "ip" TEXT,
  "detail" JSONB NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL
);
CREATE INDEX "AuditEvent_tenantId_id_idx" ON "AuditEvent" ("tenantId", "id");
CREATE INDEX "AuditEvent_tenantId_subject_id_idx" ON "AuditEvent" ("tenantId", "subject", "id");

CREATE FUNCTION "audit_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditEvent"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_is_append_only"();

CREATE TABLE "Recording" (
  "tenantId" TEXT NOT NULL,
  "id" TEXT PRIMARY KEY,
  "terminalId" TEXT NOT NULL,
  "sandboxId" TEXT NOT NULL,
  "epoch" TEXT NOT NULL,
  "bytes" BIGINT NOT NULL DEFAULT 0,
  "state" TEXT NOT NULL,
  "startedAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "endedAt" TIMESTAMPTZ(6),
  "expiresAt" TIMESTAMPTZ(6) NOT NULL,
  FOREIGN KEY ("tenantId", "terminalId") REFERENCES "TerminalSession" ("tenantId", "id"),
  CHECK ("state" IN ('running', 'complete', 'stopped'))
);
CREATE UNIQUE INDEX "Recording_terminalId_epoch_key" ON "Recording" ("terminalId", "epoch");
CREATE INDEX "Recording_expiresAt_idx" ON "Recording" ("expiresAt");
