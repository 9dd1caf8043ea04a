-- Webhooks: where the events of a tenant are posted to, and what became of each of them.
CREATE TABLE "WebhookEndpoint" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" TEXT PRIMARY KEY,
  "url" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "secret" TEXT NOT NULL,
  "types" TEXT[],
  "cursor" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "failingSince" TIMESTAMPTZ(6),
  "disabledAt" TIMESTAMPTZ(6),
  "disabledWhy" TEXT
);
CREATE UNIQUE INDEX "WebhookEndpoint_tenantId_id_key" ON "WebhookEndpoint" ("tenantId", "id");

-- A delivery goes with its event: what the feed has forgotten cannot be sent again.
CREATE TABLE "WebhookDelivery" (
  "tenantId" TEXT NOT NULL,
  "endpointId" TEXT NOT NULL,
  "eventId" BIGINT NOT NULL REFERENCES "Event" ("id") ON DELETE CASCADE,
  "xid" XID8 NOT NULL,
  "lane" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'pending',
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "since" TIMESTAMPTZ(6) NOT NULL,
  "nextAt" TIMESTAMPTZ(6) NOT NULL,
  "lastStatus" INTEGER,
  "lastError" TEXT,
  "deliveredAt" TIMESTAMPTZ(6),
  PRIMARY KEY ("endpointId", "eventId"),
  FOREIGN KEY ("tenantId", "endpointId") REFERENCES "WebhookEndpoint" ("tenantId", "id") ON DELETE CASCADE,
  CHECK ("status" IN ('pending', 'delivered', 'dead'))
);
CREATE INDEX "WebhookDelivery_eventId_idx" ON "WebhookDelivery" ("eventId");
-- The oldest of each lane that is still to be delivered.
CREATE INDEX "WebhookDelivery_pending_idx" ON "WebhookDelivery" ("endpointId", "lane", "xid", "eventId")
  WHERE "status" = 'pending';
