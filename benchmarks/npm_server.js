// A bare SMPP server of the npm package `smpp`: accepts every bind and every submit_sm, keeps nothing.
// node npm_server.js PORT, with the package findable through NODE_PATH.
const smpp = require('smpp');

const server = smpp.createServer((session) => {
  session.on('bind_transceiver', (pdu) => session.send(pdu.response()));
  session.on('submit_sm', (pdu) => session.send(pdu.response({ message_id: '0000000001' })));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('error', () => session.destroy());
});
server.listen(Number(process.argv[2]), '127.0.0.1');
