-- What was folded into a run, in order; one segment for each grader that had it.
CREATE TABLE "RunLog" (
  "tenantId" TEXT NOT NULL,
  "sandboxId" TEXT NOT NULL,
  "segment" BIGINT NOT NULL,
  "seq" INTEGER NOT NULL,
  "body" BYTEA NOT NULL,
  "full" BOOLEAN NOT NULL DEFAULT false,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("sandboxId", "segment", "seq"),
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);
-- Its bytes are compressed already.
ALTER TABLE "RunLog" ALTER COLUMN "body" SET STORAGE EXTERNAL;

-- By these the old is found and deleted.
CREATE INDEX "RunLog_at_idx" ON "RunLog" ("at");
CREATE INDEX "Evidence_at_idx" ON "Evidence" ("at");
CREATE INDEX "Past_at_idx" ON "Past" ("at");
