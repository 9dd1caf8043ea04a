import { isDatabaseUnavailable } from './unavailable.js';

const error = (message: string, fields: object) => Object.assign(new Error(message), fields);

describe('a database that does not answer', () => {
  it.each([
    ['a refused socket', error('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' })],
    ['a socket that is not there', error('connect ENOENT', { code: 'ENOENT', syscall: 'connect' })],
    [
      'the same through Prisma',
      error('connect ENOENT', { code: 'ENOENT', name: 'PrismaClientKnownRequestError' }),
    ],
    ['a server that shuts down', error('terminating connection', { code: '57P01' })],
    ['a pool that waited in vain', error('timeout exceeded when trying to connect', {})],
    [
      'a server that starts, deep inside Prisma',
      error('x', {
        code: 'P2039',
        meta: { driverAdapterError: { cause: { originalCode: '57P03', code: '57P03' } } },
      }),
    ],
  ])('is recognised: %s', (_name, e) => expect(isDatabaseUnavailable(e)).toBe(true));

  it.each([
    ['a file that is not there', error('open', { code: 'ENOENT', syscall: 'open' })],
    ['a wrong statement', error('syntax', { code: '42601' })],
    ['a unique violation', error('unique', { code: 'P2002' })],
    ['nothing', undefined],
  ])('is not confused with %s', (_name, e) => expect(isDatabaseUnavailable(e)).toBe(false));
});
