// A certified authorization server of somebody else's making, on a free loopback port, until its stdin ends.
//
// stdout: one line {"issuer": …} when it is ready, then one line {"path": …, "authorization": scheme or ""} for every
// request, written before the request is answered; other lines are the package's own. The package takes a client's
// secret in the header or in the body, whatever the client is registered for, so the scheme tells which it was.
//
// Environment: BEAMLIT_NPM is the folder with node_modules; TLS_CERT and TLS_KEY, PEM files, turn https on;
// CLIENT_AUTH_METHODS, separated by blanks, is what the metadata lists.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { pathToFileURL } from 'node:url';

const packages = pathToFileURL(`${process.env.BEAMLIT_NPM}/node_modules/`);
const { Provider, errors } = await import(new URL('oidc-provider/lib/index.js', packages));

const { TLS_CERT, TLS_KEY, CLIENT_AUTH_METHODS } = process.env;
let answer = (request, response) => { response.statusCode = 503; response.end(); };
const listen = (request, response) => {
  const [scheme] = (request.headers.authorization ?? '').split(' ');
  console.log(JSON.stringify({ path: request.url.split('?')[0], authorization: scheme }));
  answer(request, response);
};
const server = TLS_CERT
  ? https.createServer({ cert: fs.readFileSync(TLS_CERT), key: fs.readFileSync(TLS_KEY) }, listen)
  : http.createServer(listen);
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `${TLS_CERT ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;

const service = (client_id, client_secret, token_endpoint_auth_method) => ({
  client_id, client_secret, token_endpoint_auth_method, scope: 'api:read',
  grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
});
const methods = CLIENT_AUTH_METHODS?.split(' ') ?? ['client_secret_basic', 'client_secret_post'];
const clients = [
  // Every character that a form, a header or a colon-separated pair treats in its own way.
  service('svc-basic', 's3cret:%+ /&= CANARY basic', 'client_secret_basic'),
  service('svc-post', 's3cret:%+ /&= CANARY post', 'client_secret_post'),
];
const provider = new Provider(issuer, {
  clients: clients.filter((client) => methods.includes(client.token_endpoint_auth_method)),
  clientAuthMethods: methods,
  scopes: ['api:read', 'api:write'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: async (context, resource) => {
        if (resource !== 'https://api.example.com') throw new errors.InvalidTarget();
        return { scope: 'api:read api:write', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
      },
    },
  },
});
answer = provider.callback();
console.log(JSON.stringify({ issuer }));
process.stdin.resume().on('end', () => process.exit(0));
