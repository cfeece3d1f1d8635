// A USSD application on the npm package `smpp`, which the tests find through NODE_PATH.
// node node_application.js PORT SESSION: SESSION is `its` when dialogues are numbered by its_session_info.
const smpp = require('smpp');

const [port, session] = process.argv.slice(2);
const screens = ['Your name?', 'Your age?'];
const steps = {};

const link = smpp.connect({ host: '127.0.0.1', port: Number(port) }, () => {
  link.bind_transceiver({ system_id: 'app', password: 'app' }, (pdu) => {
    console.log(pdu.command_status === 0 ? 'bound' : 'refused');
  });
});
link.on('error', () => process.exit(1));
link.on('enquire_link', (pdu) => link.send(pdu.response()));
link.on('deliver_sm', (pdu) => {
  link.send(pdu.response());
  const phone = pdu.source_addr;
  const op = pdu.ussd_service_op;
  console.log('heard ' + op + ' ' + pdu.short_message.message);
  if (op === 129) { delete steps[phone]; return; }
  const step = op === 1 ? 0 : steps[phone] + 1;
  steps[phone] = step;
  const last = step >= screens.length;
  const screen = {
    service_type: 'USSD',
    source_addr: pdu.destination_addr,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: phone,
    short_message: last ? 'Goodbye' : screens[step],
    ussd_service_op: last ? 17 : 2,
  };
  if (session === 'its') {
    const number = Buffer.from(pdu.its_session_info);
    if (last) number[1] |= 1;
    screen.its_session_info = number;
  }
  link.submit_sm(screen, (answer) => console.log('answered ' + answer.command_status));
});
