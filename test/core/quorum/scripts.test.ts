import { goldenTranscripts } from '../golden.ts';
import { transcribe } from './transcript.ts';

goldenTranscripts(new URL('../scripts/quorum/', import.meta.url), transcribe);
