/// A kind of signal that a model takes in or gives out.
public enum Modality: String, Hashable, Sendable, Codable, CaseIterable {
  case text
  /// Pictures and video.
  case vision
  case audio

  /// What a repository says about its model's signals.
  ///
  /// - Parameters:
  ///   - architectures: the class names of `config.json`.
  ///   - keys: the names of all members of `config.json` that are set: neither null, false nor empty.
  ///   - pipelineTag: the Hub's task name.
  /// - Returns: `text` alone when nothing says otherwise.
  public static func stated(
    architectures: [String] = [], keys: Set<String> = [], pipelineTag: String? = nil
  ) -> Set<Modality> {
    var found = pipelineTag.flatMap { tasks[$0] } ?? [.text]
    for name in architectures {
      if writers.contains(where: name.hasSuffix) { found.insert(.text) }
      if visionClasses.contains(where: name.contains) { found.insert(.vision) }
      if audioClasses.contains(where: name.contains) { found.insert(.audio) }
    }
    if keys.contains(where: { visionKeys.contains($0) || $0.hasPrefix("mm_") }) { found.insert(.vision) }
    if !keys.isDisjoint(with: audioKeys) { found.insert(.audio) }
    return found
  }

  /// Endings of classes that write text.
  private static let writers = ["ForCausalLM", "LMHeadModel", "ForConditionalGeneration"]

  /// The Hub's tasks that do more than text: <https://huggingface.co/tasks>.
  private static let tasks: [String: Set<Modality>] = [
    "image-text-to-text": [.text, .vision], "image-to-text": [.text, .vision], "video-text-to-text": [.text, .vision],
    "visual-question-answering": [.text, .vision], "document-question-answering": [.text, .vision],
    "visual-document-retrieval": [.text, .vision], "text-to-image": [.text, .vision],
    "text-to-video": [.text, .vision],
    "zero-shot-image-classification": [.text, .vision], "any-to-any": [.text, .vision, .audio],
    "audio-text-to-text": [.text, .audio], "automatic-speech-recognition": [.text, .audio],
    "text-to-speech": [.text, .audio], "text-to-audio": [.text, .audio],
    "image-classification": [.vision], "image-feature-extraction": [.vision], "image-segmentation": [.vision],
    "image-to-image": [.vision], "image-to-video": [.vision], "object-detection": [.vision],
    "depth-estimation": [.vision], "video-classification": [.vision], "unconditional-image-generation": [.vision],
    "audio-classification": [.audio], "audio-to-audio": [.audio], "voice-activity-detection": [.audio],
  ]

  /// Parts of class names of models that see.
  private static let visionClasses = [
    "Llava", "VL", "Vision", "Phi3V", "Gemma3ForConditionalGeneration", "Gemma3n", "Gemma4ForConditionalGeneration",
    "Llama4ForConditionalGeneration", "Mistral3ForConditionalGeneration", "Mllama", "Idefics", "Pixtral", "Florence",
    "Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration", "MiniCPMV", "MiniCPMO", "Omni",
    "PaliGemma", "Molmo", "XGenMM", "ViT", "CLIP", "Siglip", "Kimi_K25", "KimiK25", "KimiK3",
  ]

  /// Parts of class names of models that hear or speak.
  private static let audioClasses = [
    "Whisper", "Audio", "Speech", "Omni", "Wav2Vec2", "Hubert", "Ultravox", "Voxtral", "MiniCPMO", "Gemma3n",
    "Phi4MM", "Moonshine", "Bark", "Csm",
  ]

  /// Members of `config.json` that describe an eye.
  private static let visionKeys: Set<String> = [
    "vision_config", "visual", "vision_tower", "vision_encoder", "vision_encoder_config", "vision_tokenizer_config",
    "vit_config", "img_processor", "perceiver_config",
  ]

  /// Members of `config.json` that describe an ear or a voice.
  private static let audioKeys: Set<String> = [
    "audio_config", "audio_encoder", "audio_encoder_config", "audio_processor", "audio_model_id", "speech_config",
    "sound_config", "talker_config",
  ]
}
