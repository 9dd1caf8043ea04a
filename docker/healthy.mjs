/** The container's health check: whether the service and its database answer. */
const host = process.env.HOST ?? '127.0.0.1';
const any = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host];
const answer = await fetch(`http://${any ?? host}:${process.env.PORT ?? 8080}/readyz`);
process.exit(answer.ok ? 0 : 1);
