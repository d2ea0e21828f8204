// The system's ssh runs this to ask a question: it hands it to kubewright and prints the answer.
// argv: SOCKET QUESTION. SSH_ASKPASS_PROMPT is "confirm", or "none" for a notice that waits for no answer.
import { connect } from 'node:net';

const [socket, question = ''] = process.argv.slice(2);
const kind = process.env.SSH_ASKPASS_PROMPT ?? '';
const connection = connect(socket);
let text = '';
connection.on('data', (chunk) => {
  text += chunk;
});
connection.on('error', () => process.exit(1));
connection.on('end', () => {
  const { answer } = JSON.parse(text || '{}');
  if (answer === undefined) process.exit(1);
  process.stdout.write(`${answer}\n`);
});
connection.end(JSON.stringify({ kind, question }));
