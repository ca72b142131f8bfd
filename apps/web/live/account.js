/** Who is signed in: the session of this browser, and what calls that change something must carry. */

/** Header that shows that a call comes from a page of this node; none where nobody is signed in. */
export function csrfHeaders() {
  const cookie = document.cookie.split('; ').find((one) => /^(__Host-)?witan-csrf=/.test(one));
  return cookie === undefined ? {} : { 'x-csrf-token': cookie.slice(cookie.indexOf('=') + 1) };
}

/** Posts JSON and gives the answer. Rejects with `code` and `message` of the node's error. */
export async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...csrfHeaders() },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const { code, message, details } = answer.error;
  throw Object.assign(new Error(message), { code, details });
}

/** The session, and how one can sign in here. */
export async function readSession() {
  return (await fetch('/auth/session')).json();
}

async function showAccount(place) {
  const session = await readSession();
  const { providers, hasLocalUsers } = session;
  if (providers.length === 0 && !hasLocalUsers) return;
  place.hidden = false;
  if (session.state !== 'signed-in') {
    const link = document.createElement('a');
    link.href = '/sign-in.html';
    link.textContent = 'Sign in';
    place.append(link);
    return;
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet';
  button.textContent = 'Sign out';
  button.addEventListener('click', async () => {
    const { location: page } = await post('/auth/logout', {});
    location.assign(page ?? '/sign-in.html');
  });
  place.append(`Signed in as ${session.user.name} `, button);
}

const place = document.querySelector('#account');
if (place) showAccount(place).catch(() => undefined);
