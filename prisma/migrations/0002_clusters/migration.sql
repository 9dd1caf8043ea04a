-- Clusters and the warm pool: a sandbox without a user is a warm unit, with a lab or for any lab of its base.
ALTER TABLE "Sandbox"
  ALTER COLUMN "userId" DROP NOT NULL,
  ALTER COLUMN "labId" DROP NOT NULL,
  ALTER COLUMN "labSlug" DROP NOT NULL,
  ALTER COLUMN "labVersionId" DROP NOT NULL,
  ADD COLUMN "base" TEXT,
  ADD COLUMN "heldAt" TIMESTAMPTZ(6),
  ADD COLUMN "cluster" JSONB,
  ADD COLUMN "clusterPhase" TEXT,
  ADD CONSTRAINT "Sandbox_clusterPhase_check"
    CHECK ("clusterPhase" IN ('hidden', 'running', 'stopped', 'deleted', 'making')),
  ADD CONSTRAINT "Sandbox_user_check" CHECK ("userId" IS NOT NULL OR "base" IS NOT NULL),
  ADD CONSTRAINT "Sandbox_lab_check" CHECK ("userId" IS NULL OR "labVersionId" IS NOT NULL);

-- A claim moves the unit to the learner's tenant; the steps of its making go along.
ALTER TABLE "SandboxStep" DROP CONSTRAINT "SandboxStep_tenantId_sandboxId_fkey";
ALTER TABLE "SandboxStep" ADD FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
  ON UPDATE CASCADE;
