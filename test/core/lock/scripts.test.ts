import { goldenTranscripts } from '../golden.ts';
import { transcribe } from './transcript.ts';

goldenTranscripts(new URL('../scripts/lock/', import.meta.url), transcribe);
