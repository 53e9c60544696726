// A certified authorization server of somebody else's making, on a free loopback port, until its stdin ends.
//
// stdout: one line {"issuer": …} when it is ready, then one line {"path": …, "authorization": scheme or ""} for every
// request, written before the request is answered; other lines are the package's own. The package takes a client's
// secret in the header or in the body, whatever the client is registered for, so the scheme tells which it was.
// GET /counters at its origin, which no line is written for, tells what became of logins; see `counters` below.
//
// Environment: BEAMLIT_NPM is the folder with node_modules; TLS_CERT and TLS_KEY, PEM files, turn https on;
// CLIENT_AUTH_METHODS, separated by blanks, is what the metadata lists; ISSUER_PATH is what the issuer has after its
// authority, and where the server is mounted; WELL_KNOWN, separated by blanks, are the paths that hold the metadata;
// ELSEWHERE is what another server, which has the rest of the paths, answers there: a status, or "issuer" for its own
// metadata; ACCESS_TOKEN_LIFE is in seconds.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { pathToFileURL } from 'node:url';

const packages = pathToFileURL(`${process.env.BEAMLIT_NPM}/node_modules/`);
const { Provider, errors } = await import(new URL('oidc-provider/lib/index.js', packages));

const { TLS_CERT, TLS_KEY, CLIENT_AUTH_METHODS, WELL_KNOWN } = process.env;
const ISSUER_PATH = process.env.ISSUER_PATH ?? '';
const LIFE = Number(process.env.ACCESS_TOKEN_LIFE ?? 600);
const DISCOVERY = '/.well-known/oauth-authorization-server';
const mount = ISSUER_PATH.replace(/\/$/, '');

// What became of refresh tokens: new tokens given, refusals, refusals of a spent one (which revoke its grant); and how
// many grants were revoked, by that or by a client that asked for it.
const counters = { renewed: 0, refused: 0, reused: 0, revoked: 0 };

/** The path below the mount that the request is for; undefined outside of it. */
function below(path) {
  if (WELL_KNOWN && path.includes('/.well-known/')) return WELL_KNOWN.split(' ').includes(path) ? DISCOVERY : undefined;
  return path.startsWith(mount) ? path.slice(mount.length) || '/' : undefined;
}

function elsewhere(response) {
  const { ELSEWHERE } = process.env;
  if (ELSEWHERE === 'issuer') {
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify({ issuer: new URL(issuer).origin, token_endpoint: `${issuer}/token` }));
  }
  response.statusCode = Number(ELSEWHERE ?? 404);
  if (response.statusCode === 302) response.setHeader('Location', '/sign-in');
  return response.end();
}

let provider;
const listen = (request, response) => {
  const [path, query] = request.url.split('?');
  if (path === '/counters') return response.end(JSON.stringify(counters));
  const [scheme] = (request.headers.authorization ?? '').split(' ');
  console.log(JSON.stringify({ path, authorization: scheme }));
  const inner = below(path);
  if (inner === undefined) return elsewhere(response);
  // By the difference of the two the package knows where it is mounted.
  const url = query === undefined ? inner : `${inner}?${query}`;
  if (mount) request.originalUrl = `${mount}${url}`;
  request.url = url;
  return provider(request, response);
};
const server = TLS_CERT
  ? https.createServer({ cert: fs.readFileSync(TLS_CERT), key: fs.readFileSync(TLS_KEY) }, listen)
  : http.createServer(listen);
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `${TLS_CERT ? 'https' : 'http'}://127.0.0.1:${server.address().port}${ISSUER_PATH}`;

const service = (client_id, client_secret, token_endpoint_auth_method) => ({
  client_id, client_secret, token_endpoint_auth_method, scope: 'api:read',
  grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
});
const methods = CLIENT_AUTH_METHODS?.split(' ') ?? ['client_secret_basic', 'client_secret_post', 'none'];
const clients = [
  // Every character that a form, a header or a colon-separated pair treats in its own way.
  service('svc-basic', 's3cret:%+ /&= CANARY basic', 'client_secret_basic'),
  service('svc-post', 's3cret:%+ /&= CANARY post', 'client_secret_post'),
  {
    client_id: 'cli-device', token_endpoint_auth_method: 'none', application_type: 'native', client_name: 'Interop',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], response_types: [], redirect_uris: [],
  },
];
const configured = new Provider(issuer, {
  clients: clients.filter((client) => methods.includes(client.token_endpoint_auth_method)),
  clientAuthMethods: methods,
  scopes: ['openid', 'offline_access', 'api:read', 'api:write'],
  cookies: { keys: ['EMULATOR'] },
  // Each refresh token is good for one renewal; one that comes again ends the login.
  rotateRefreshToken: true,
  issueRefreshToken: async (context, client, code) => code.scopes.has('offline_access'),
  ttl: { AccessToken: LIFE, ClientCredentials: LIFE, DeviceCode: 600, Grant: 86400, RefreshToken: 86400, Session: 86400 },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: async (context, resource) => {
        if (resource !== 'https://api.example.com') throw new errors.InvalidTarget();
        return { scope: 'api:read api:write', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
      },
    },
  },
});
const isRenewal = (context) => context.oidc?.params?.grant_type === 'refresh_token';
configured.on('grant.success', (context) => { if (isRenewal(context)) counters.renewed += 1; });
configured.on('grant.error', (context, error) => {
  if (!isRenewal(context)) return;
  counters.refused += 1;
  if (error.error_detail === 'refresh token already used') counters.reused += 1;
});
configured.on('grant.revoked', () => { counters.revoked += 1; });
provider = configured.callback();
console.log(JSON.stringify({ issuer }));
process.stdin.resume().on('end', () => process.exit(0));
