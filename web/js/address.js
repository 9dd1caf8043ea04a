/**
 * Reads `#token=…&lab=…`. The token leaves the address at once, so that it is neither copied nor kept in the history.
 * @param {import('./token.js').LearnerToken} token
 */
export function readAddress(token) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const given = asked.get('token');
  if (given) {
    token.set(given);
    setAddress(asked.get('lab'));
  }
  return { slug: asked.get('lab'), fresh: given !== null };
}

/** @param {string | null} slug of the lab that is open: a reload finds it again */
export function setAddress(slug) {
  history.replaceState(null, '', `${location.pathname}${location.search}${slug ? `#lab=${slug}` : ''}`);
}
