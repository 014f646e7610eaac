import { type LayoutInput, layoutFlow } from './layout';

self.onmessage = ({ data }: MessageEvent<LayoutInput>) => self.postMessage(layoutFlow(data));
