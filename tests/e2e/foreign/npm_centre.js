// A USSD centre of somebody else, of the npm package `smpp`: node npm_centre.js TEXT-OF-THE-LAST-SCREEN
// Its habits: ussd_service_op tells all, there is no its_session_info and no service_type; screens come after
// the response.  Prints its port.
const smpp = require('smpp');

const last = process.argv[2];

function serve(session) {
  let step = 0;
  const show = (phone, op, text) => session.deliver_sm({
    source_addr: '*500#', destination_addr: phone, ussd_service_op: op, short_message: text,
  });
  const message = (phone, text) => session.deliver_sm({
    source_addr: '5000', destination_addr: phone, short_message: text,
  });
  const dialogue = (phone, op, text) => {
    if (op === 1 && text === '*500#') {
      step = 1;
      show(phone, 2, 'Посылки. Какой номер?');
    } else if (op === 18 && step === 1) {
      step = 2;
      show(phone, 2, `Посылка ${text} на почте.\n1 Привезти`);
    } else if (op === 18 && step === 2 && text === '1') {
      step = 0;
      show(phone, 17, last);
      message(phone, 'Ваш код: 839201');
    }
  };
  session.on('bind_transceiver', (pdu) => session.send(pdu.response({ system_id: 'parcels' })));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('error', () => session.destroy());
  session.on('submit_sm', (pdu) => {
    const text = pdu.short_message.message;
    session.send(pdu.response({ message_id: '1' }));
    if (pdu.ussd_service_op !== undefined) dialogue(pdu.source_addr, pdu.ussd_service_op, text);
    else if (text === '839201') message(pdu.source_addr, 'Принято');
  });
}

const server = smpp.createServer(serve);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
