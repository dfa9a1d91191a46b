import { goldenTranscripts } from '../golden.ts';
import { transcribe } from './transcript.ts';

goldenTranscripts(new URL('../scripts/', import.meta.url), transcribe);
