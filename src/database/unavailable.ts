const CODES = new Set([
  // Node's socket errors
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  // PostgreSQL: shutting down, crashed, starting up, connection lost
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08003',
  '08006',
  // Prisma: cannot reach, timed out, closed
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2037',
]);

const TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  "Can't reach database server",
  'Server has closed the connection',
  'ConnectionClosed',
  'DatabaseNotReachable',
];

/** Whether the error means that the database does not answer, and not that the statement was wrong. */
export function isDatabaseUnavailable(error: unknown, depth = 0): boolean {
  if (depth > 5 || typeof error !== 'object' || error === null) return false;
  const { code, message, cause, meta, kind } = error as Record<string, unknown>;
  if (typeof code === 'string' && CODES.has(code) && isFromDatabase(error)) return true;
  if (typeof kind === 'string' && TEXTS.includes(kind)) return true;
  if (typeof message === 'string' && TEXTS.some((text) => message.includes(text))) return true;
  return (
    isDatabaseUnavailable(cause, depth + 1) ||
    isDatabaseUnavailable(meta, depth + 1) ||
    isDatabaseUnavailable((meta as Record<string, unknown> | undefined)?.['driverAdapterError'], depth + 1)
  );
}

/** ENOENT and the like come from files too; those of sockets name the system call, and Prisma passes the code on. */
function isFromDatabase(error: object): boolean {
  const { code, syscall, name } = error as { code: string; syscall?: string; name?: string };
  if (!code.startsWith('E') || name?.startsWith('PrismaClient')) return true;
  return syscall === 'connect' || syscall === 'read' || syscall === 'write';
}
