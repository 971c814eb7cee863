/// The words that names and tags of simulated models are made of. All accounts are invented.
enum Words {
  /// Accounts that turn other people's models into quantized ones, the busiest first.
  static let quantizers: [StaticString] = [
    "quantmill", "gguf-forge", "bitpress", "TheShrinker", "QuantStack-Labs", "lm-bakery", "mlx-harbor", "fewbits",
    "turboquants", "exl-foundry", "nightquant", "tinyweights",
  ]

  static let syllables: [StaticString] = [
    "ba", "be", "bo", "da", "de", "di", "fa", "fo", "ga", "gi", "ha", "he", "jo", "ka", "ke", "ki", "la", "le", "li",
    "lo", "ma", "me", "mi", "mo", "na", "ne", "ni", "pa", "po", "ra", "re", "ri", "ro", "sa", "so", "ta", "te", "to",
    "va", "zo",
  ]

  static let adjectives: [StaticString] = [
    "Silver", "Amber", "Quiet", "Crimson", "Lunar", "Stellar", "Hidden", "Frozen", "Gentle", "Radiant", "Ancient",
    "Electric", "Nordic", "Velvet", "Curious", "Golden",
  ]

  static let nouns: [StaticString] = [
    "Raven", "Otter", "Lantern", "Harbor", "Maple", "Comet", "Falcon", "Willow", "Prism", "Anvil", "Beacon", "Cipher",
    "Drift", "Ember", "Grove", "Nomad",
  ]

  static let freeTags: [StaticString] = [
    "roleplay", "chat", "code", "uncensored", "reasoning", "unsloth", "trl", "sft", "dpo", "instruct", "math",
    "function-calling", "storytelling", "creative-writing", "finance", "medical", "legal", "agent", "distillation",
    "abliterated", "long-context", "facebook", "meta", "pytorch", "llama-3", "rlhf", "grpo", "axolotl",
    "generated_from_trainer", "text-generation-inference", "qlora", "alignment-handbook",
  ]

  static let languages: [StaticString] = [
    "en", "de", "fr", "it", "pt", "hi", "es", "th", "zh", "ja", "ko", "ru", "ar", "pl", "tr", "vi",
  ]
}
